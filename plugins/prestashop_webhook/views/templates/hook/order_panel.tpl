{**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 *}
<div class="card mt-2" id="shopbridge-order">
  <div class="card-header">
    <h3 class="card-header-title">{l s='TikTok Shop' d='Modules.Shopbridge.Admin'}</h3>
  </div>
  <div class="card-body">
    <p class="mb-1">{l s='Order:' d='Modules.Shopbridge.Admin'} <strong>{$shopbridge_order.key|escape:'html':'UTF-8'}</strong></p>
    {if $shopbridge_order.status}
      <p class="mb-1">{l s='Status there:' d='Modules.Shopbridge.Admin'} <strong>{$shopbridge_order.status|escape:'html':'UTF-8'}</strong></p>
    {/if}
    {foreach $shopbridge_order.dates as $name => $date}
      <p class="mb-1 text-muted">{$name|escape:'html':'UTF-8'}: {$date|escape:'html':'UTF-8'}</p>
    {/foreach}
    {foreach $shopbridge_order.parcels as $parcel}
      <p class="mb-1">{l s='Parcel:' d='Modules.Shopbridge.Admin'} {$parcel.carrier_title|escape:'html':'UTF-8'} {$parcel.tracking_number|escape:'html':'UTF-8'}</p>
    {/foreach}
    {if $shopbridge_order.reason}
      <p class="mb-1">{l s='Cancelled because:' d='Modules.Shopbridge.Admin'} {$shopbridge_order.reason|escape:'html':'UTF-8'}</p>
    {/if}
    {if $shopbridge_order.rows}
      <table class="table table-sm mb-2">
        <tbody>
          {foreach $shopbridge_order.rows as $row}
            <tr>
              <td>{$row.title|escape:'html':'UTF-8'}</td>
              <td class="text-right text-nowrap">{$row.amount|escape:'html':'UTF-8'}</td>
            </tr>
          {/foreach}
        </tbody>
      </table>
    {/if}
    {if $shopbridge_order.is_remitted}
      <p class="mb-1 text-muted">{l s='TikTok Shop pays this tax to the authorities. Leave it out of your own return.' d='Modules.Shopbridge.Admin'}</p>
    {/if}
    {if $shopbridge_order.is_oversold}
      <div class="alert alert-warning mb-1">{l s='Sold more than was in stock. Restock, or cancel the order in Shopbridge.' d='Modules.Shopbridge.Admin'}</div>
    {/if}
    <p class="mb-0 text-muted">{l s='TikTok Shop writes to the buyer; this shop sends no mail about the order.' d='Modules.Shopbridge.Admin'}</p>
  </div>
</div>

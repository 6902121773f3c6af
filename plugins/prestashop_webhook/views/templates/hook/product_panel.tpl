{**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 *}
<div class="mt-3" id="shopbridge-product">
  {foreach $shopbridge_listings as $row}
    <p class="mb-1">
      <span class="badge badge-{$row.colour|escape:'html':'UTF-8'}">{$row.word|escape:'html':'UTF-8'}</span>
      <strong>{$row.sku|escape:'html':'UTF-8'}</strong>
      {if $row.number}<span class="text-muted">{l s='TikTok Shop number:' d='Modules.Shopbridge.Admin'} {$row.number|escape:'html':'UTF-8'}</span>{/if}
    </p>
    {if $row.problems}
      <div class="alert alert-warning">
        <p class="mb-1">{l s='What to do:' d='Modules.Shopbridge.Admin'}</p>
        <ul class="mb-0">
          {foreach $row.problems as $problem}<li>{$problem|escape:'html':'UTF-8'}</li>{/foreach}
        </ul>
      </div>
    {/if}
    <p class="text-muted">{l s='As your hub said on' d='Modules.Shopbridge.Admin'} {$row.told|escape:'html':'UTF-8'}</p>
  {foreachelse}
    <p class="mb-0">{l s='This product is not on TikTok Shop. Push it from your Shopbridge hub.' d='Modules.Shopbridge.Admin'}</p>
  {/foreach}
</div>
